from .data_module import DetectorData as DetectorData
from .fit import TrainedRun as TrainedRun
from .fit import train as train
from .module import DetectorModule as DetectorModule
from .recipe import RECIPES as RECIPES
from .recipe import Recipe as Recipe
from .several import TrainingJob as TrainingJob
from .several import train_several as train_several
