from .conduct import sweep as sweep
from .folder import Sweep as Sweep
from .folder import draw_sweep as draw_sweep
from .folder import load_sweep as load_sweep
from .table import SweepTable as SweepTable
from .terminal import print_table as print_table
