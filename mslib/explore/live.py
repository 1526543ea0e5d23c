"""The interactive figure in a live kernel: standard ipywidgets around one retained figure."""

import math
from html import escape

import ipywidgets as widgets

from .render import Stage, state_text


def view(explorer):
    """Return the widget that shows an explorer in a live kernel.

    Parameters
    ----------
    explorer : Explorer
        The interactive figure.

    Returns
    -------
    ipywidgets.VBox
        Sliders, picture, emergent quantities, and a line that says what is wrong with a refused value.
    """
    return _View(explorer).box


class _View:
    def __init__(self, explorer):
        self.explorer = explorer
        self.stage = Stage(explorer.draw, explorer.size)
        self.sliders = {slider.name: _slider(slider) for slider in explorer.sliders}
        self.picture = widgets.Image(format="png", layout={"max_width": "100%"})
        self.told = widgets.HTML()
        self.code = widgets.Text(description="Python", disabled=False, layout={"width": "98%"})
        reset = widgets.Button(description="Reset", tooltip="Back to the suggested values")
        reset.on_click(self.reset)
        for widget in self.sliders.values():
            widget.observe(self.update, "value")
        asked = f"<p><strong>Predict first.</strong> {escape(explorer.question)}</p>"
        self.box = widgets.VBox([
            *([widgets.HTML(asked)] * bool(explorer.question)),
            *self.sliders.values(), reset, self.picture, self.told, self.code,
            widgets.HTML(f"<p>{escape(explorer.caption)}</p>"),
        ])  # fmt: skip
        self.update()

    def reset(self, _=None):
        """Move every slider back to where it started."""
        for slider in self.explorer.sliders:
            self.sliders[slider.name].value = slider.value

    def update(self, _=None):
        """Draw the state of the sliders, or say why its values contradict each other."""
        values = {name: widget.value for name, widget in self.sliders.items()}
        try:
            model = self.explorer.model(**values)
        except ValueError as error:
            self.told.value = f"<p>{escape(str(error))}</p>"
            return
        self.stage.show(model)
        self.picture.value = self.stage.png()
        spoken = state_text(model, values, self.explorer.tell)
        self.picture.alt = spoken
        self.told.value = f"<p>{escape(spoken)}</p>"
        written = ", ".join(f"{name}={value:.6g}" for name, value in values.items())
        self.code.value = f"{type(model).__name__}({written})"


def _slider(slider):
    about, common = slider.about, {"continuous_update": True, "style": {"description_width": "initial"}}
    common |= {"description": f"{about.symbol} / {about.unit}" if about.unit else about.symbol, "value": slider.value}
    common |= {"tooltip": about.label, "layout": {"width": "98%"}}
    low, high = slider.stops[0], slider.stops[-1]
    if about.integer:
        return widgets.IntSlider(min=low, max=high, **common)
    if about.log:
        return widgets.FloatLogSlider(min=math.log10(low), max=math.log10(high), step=0.01, **common)
    return widgets.FloatSlider(min=low, max=high, step=(high - low) / 200, **common)
