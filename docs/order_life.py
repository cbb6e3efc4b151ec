"""Draws the life of an order from its transition table: `python docs/order_life.py` writes page and picture anew."""

from pathlib import Path

from shopcore.ordering.model import TRANSITIONS, OrderStatus

HERE = Path(__file__).parent / "reference"
WIDTH, HEIGHT = 120, 40
TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0 L8 4 L0 8 z"/></marker>'
)
PLACES = {
    OrderStatus.PENDING: (20, 30),
    OrderStatus.PROCESSING: (220, 30),
    OrderStatus.SHIPPED: (420, 30),
    OrderStatus.DELIVERED: (620, 30),
    OrderStatus.CANCELLED: (120, 170),
}
"""Where each state stands in the picture: the way to the customer is a straight line, what ends early is below it."""


def arrows() -> dict[tuple[OrderStatus, OrderStatus], str]:
    """What leads from one state to the next, with every act that does."""
    labels: dict[tuple[OrderStatus, OrderStatus], str] = {}
    for (start, act), end in TRANSITIONS.items():
        labels[start, end] = f"{labels[start, end]}, {act}" if (start, end) in labels else str(act)
    return labels


def picture() -> str:
    """The states as boxes and the acts as arrows."""
    parts = [_box(status) for status in OrderStatus]
    parts += [_arrow(start, end, label) for (start, end), label in arrows().items()]
    return "\n".join(
        (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 230" font-family="sans-serif" font-size="14">',
            f"<defs>{TIP}</defs>",
            '<rect width="760" height="230" fill="#ffffff"/>',
            *parts,
            "</svg>",
            "",
        )
    )


def page() -> str:
    """The table in words, and the picture."""
    rows = [f"| {start} | {act} | {end} |" for (start, act), end in TRANSITIONS.items()]
    return "\n".join(
        (
            "# The life of an order",
            "",
            "Drawn from `shopcore.ordering.model.TRANSITIONS`; what is not in it is refused with `transition_refused`.",
            "",
            "<!-- diagram -->",
            "![The states of an order and what leads from one to the next](/reference/order-life.svg)",
            "",
            "| from | act | to |",
            "| --- | --- | --- |",
            *rows,
            "",
        )
    )


def _box(status: OrderStatus) -> str:
    x, y = PLACES[status]
    return (
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#eef3f8" stroke="#334"/>'
        f'<text x="{x + WIDTH // 2}" y="{y + 25}" text-anchor="middle">{status}</text>'
    )


def _arrow(start: OrderStatus, end: OrderStatus, label: str) -> str:
    (x1, y1), (x2, y2) = PLACES[start], PLACES[end]
    if y1 == y2 and x1 > x2:
        line = (x1, y1 + HEIGHT - 8, x2 + WIDTH, y2 + HEIGHT - 8)
    elif y1 == y2:
        line = (x1 + WIDTH, y1 + HEIGHT // 2, x2, y2 + HEIGHT // 2)
    else:
        line = (x1 + WIDTH // 2, y1 + HEIGHT, x2 + WIDTH // 2 + (15 if x1 > x2 else -15), y2)
    middle_x, middle_y = (line[0] + line[2]) // 2, (line[1] + line[3]) // 2
    side = "middle" if y1 == y2 else ("start" if line[0] > line[2] else "end")
    nudge = 0 if y1 == y2 else (26 if line[0] > line[2] else -26)
    below = 24 if y1 == y2 and x1 > x2 else 0
    return (
        f'<line x1="{line[0]}" y1="{line[1]}" x2="{line[2]}" y2="{line[3]}" stroke="#334" marker-end="url(#tip)"/>'
        f'<text x="{middle_x + nudge}" y="{middle_y - 8 + below}" text-anchor="{side}">{label}</text>'
    )


if __name__ == "__main__":
    (HERE / "order-life.svg").write_text(picture(), encoding="utf-8")
    (HERE / "order-life.md").write_text(page(), encoding="utf-8")
