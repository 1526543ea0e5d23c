"""What the book costs, measured side by side in one run: pages, slider moves, and kernels beside their peers."""
