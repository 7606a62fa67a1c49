from .colours import COLORMAPS as COLORMAPS
from .maps import show_maps as show_maps
from .overlay import overlay as overlay
