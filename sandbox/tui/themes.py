"""Two themes of our own, for eyes or projectors that need more contrast than Textual's. Colours, no more."""

from textual.theme import Theme

HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#6cb6ff",
    secondary="#ffd75f",
    accent="#ffff00",
    warning="#ffd700",
    error="#ff8080",
    success="#5fff87",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#262626",
    dark=True,
    text_alpha=1.0,
    variables={
        "text-muted": "#d0d0d0",
        "block-cursor-background": "#ffff00",
        "block-cursor-foreground": "#000000",
    },
)

HIGH_CONTRAST_LIGHT = Theme(
    name="high-contrast-light",
    primary="#00398a",
    secondary="#6a3c00",
    accent="#7a0070",
    warning="#6a4a00",
    error="#a00000",
    success="#005a1c",
    foreground="#000000",
    background="#ffffff",
    surface="#ffffff",
    panel="#e0e0e0",
    dark=False,
    text_alpha=1.0,
    variables={
        "text-muted": "#303030",
        "block-cursor-background": "#00398a",
        "block-cursor-foreground": "#ffffff",
    },
)

OWN_THEMES = (HIGH_CONTRAST, HIGH_CONTRAST_LIGHT)
