from .comparison import Comparison as Comparison
from .comparison import compare as compare
from .html import write_report as write_report
from .terminal import SUMMARY_COLUMNS as SUMMARY_COLUMNS
from .terminal import print_comparison as print_comparison
from .terminal import print_summary as print_summary
from .terminal import summary_rows as summary_rows
from .terminal import summary_table as summary_table
