"""A headless shop: catalogue, cart, checkout, orders and payments as a library.

`shopcore.shop.Shop` is the face; every feature is a package with the same file names.
"""
