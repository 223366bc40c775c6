# Written by `make docs` from the catalog and from __init__.py; not by hand.

from fieldguide.advisor.racing.race import race as race
from fieldguide.algorithms.baseline.gradient_boosting import GradientBoosting as GradientBoosting
from fieldguide.algorithms.baseline.logistic_regression import LogisticRegression as LogisticRegression
from fieldguide.algorithms.baseline.majority import Majority as Majority
from fieldguide.algorithms.baseline.mean import Mean as Mean
from fieldguide.algorithms.baseline.nearest_neighbours import NearestNeighbours as NearestNeighbours
from fieldguide.algorithms.baseline.ridge_regression import RidgeRegression as RidgeRegression
from fieldguide.algorithms.convolution.alexnet import AlexNet as AlexNet
from fieldguide.algorithms.convolution.lenet import LeNet as LeNet
from fieldguide.algorithms.convolution.resnet import ResNet as ResNet
from fieldguide.algorithms.convolution.vgg import VGG as VGG
from fieldguide.algorithms.perceptron.mlp import MLP as MLP
from fieldguide.algorithms.perceptron.perceptron import Perceptron as Perceptron
from fieldguide.card import Card as Card
from fieldguide.card import Reference as Reference
from fieldguide.catalog import algorithms as algorithms
from fieldguide.catalog import load as load
from fieldguide.data import Dataset as Dataset
from fieldguide.estimator import Estimator as Estimator
from fieldguide.formats import read as read
from fieldguide.hyperparameter import option as option

__version__: str
