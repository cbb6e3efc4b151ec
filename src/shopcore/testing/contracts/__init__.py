"""What a store must do, as tests to run on one's own adapters.

Each class is the contract of one port. Derive from it in a test module, override its fixtures so that they give the
port under test over a new, empty store, and pytest collects the rest:

    class TestMyProducts(ProductsContract):
        @pytest.fixture
        async def store(self):
            async with MyStore.open_empty() as store:
                yield store

        @pytest.fixture
        def products(self, store):
            return MyProducts(store)

        ...

The ports of one class must share one store, and that of `unit_of_work` is the one that they join. The tests are
asynchronous and carry the mark of anyio; they need pytest, anyio and hypothesis.
"""
