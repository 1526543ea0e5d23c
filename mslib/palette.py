"""The book's colours: one set, legible to colour-blind readers, that the page can re-tint for dark mode."""

INK = "#1b1f24"
PAPER = "#ffffff"
GRID = "#d5d9de"
GREY = "#6b7280"
BLUE = "#0b62a8"
ORANGE = "#b85400"
GREEN = "#00755e"
RED = "#c1272d"
PURPLE = "#8a3b8f"
SKY = "#3d8fc4"
YELLOW = "#8f6f00"

CYCLE = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY, YELLOW)
LINE_STYLES = ("-", "--", "-.", ":")
NAMES = {
    "ink": INK, "paper": PAPER, "grid": GRID, "grey": GREY, "blue": BLUE, "orange": ORANGE, "green": GREEN,
    "red": RED, "purple": PURPLE, "sky": SKY, "yellow": YELLOW,
}  # fmt: skip
SEQUENTIAL = "cividis"
