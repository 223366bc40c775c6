# Written by `make docs` from the catalog and from __init__.py; not by hand.

from fieldguide.advisor.racing.race import race as race
from fieldguide.algorithms.baseline.drift import Drift as Drift
from fieldguide.algorithms.baseline.exponential_smoothing import ExponentialSmoothing as ExponentialSmoothing
from fieldguide.algorithms.baseline.gaussian_mixture import GaussianMixture as GaussianMixture
from fieldguide.algorithms.baseline.gradient_boosting import GradientBoosting as GradientBoosting
from fieldguide.algorithms.baseline.isolation_forest import IsolationForest as IsolationForest
from fieldguide.algorithms.baseline.logistic_regression import LogisticRegression as LogisticRegression
from fieldguide.algorithms.baseline.majority import Majority as Majority
from fieldguide.algorithms.baseline.mean import Mean as Mean
from fieldguide.algorithms.baseline.naive import Naive as Naive
from fieldguide.algorithms.baseline.nearest_neighbours import NearestNeighbours as NearestNeighbours
from fieldguide.algorithms.baseline.principal_components import PrincipalComponents as PrincipalComponents
from fieldguide.algorithms.baseline.ridge_regression import RidgeRegression as RidgeRegression
from fieldguide.algorithms.baseline.seasonal_naive import SeasonalNaive as SeasonalNaive
from fieldguide.algorithms.convolution.alexnet import AlexNet as AlexNet
from fieldguide.algorithms.convolution.c3d import C3D as C3D
from fieldguide.algorithms.convolution.lenet import LeNet as LeNet
from fieldguide.algorithms.convolution.resnet import ResNet as ResNet
from fieldguide.algorithms.convolution.tcn import TCN as TCN
from fieldguide.algorithms.convolution.time_convolution import TimeConvolution as TimeConvolution
from fieldguide.algorithms.convolution.vgg import VGG as VGG
from fieldguide.algorithms.perceptron.dlinear import DLinear as DLinear
from fieldguide.algorithms.perceptron.mlp import MLP as MLP
from fieldguide.algorithms.perceptron.perceptron import Perceptron as Perceptron
from fieldguide.algorithms.recurrent.bag_of_frames import BagOfFrames as BagOfFrames
from fieldguide.algorithms.recurrent.cnn_rnn import CNNRNN as CNNRNN
from fieldguide.algorithms.recurrent.conv_lstm import ConvLSTM as ConvLSTM
from fieldguide.algorithms.recurrent.deepar import DeepAR as DeepAR
from fieldguide.algorithms.recurrent.gru import GRU as GRU
from fieldguide.algorithms.recurrent.lstm import LSTM as LSTM
from fieldguide.algorithms.recurrent.rnn import RNN as RNN
from fieldguide.algorithms.recursive.child_sum_tree_lstm import ChildSumTreeLSTM as ChildSumTreeLSTM
from fieldguide.algorithms.recursive.matrix_vector import MVRNN as MVRNN
from fieldguide.algorithms.recursive.recursive_network import RecursiveNetwork as RecursiveNetwork
from fieldguide.algorithms.recursive.rntn import RNTN as RNTN
from fieldguide.algorithms.recursive.tree_lstm import TreeLSTM as TreeLSTM
from fieldguide.card import Card as Card
from fieldguide.card import Reference as Reference
from fieldguide.catalog import list_algorithms as list_algorithms
from fieldguide.catalog import load as load
from fieldguide.data import Dataset as Dataset
from fieldguide.estimator import Estimator as Estimator
from fieldguide.formats import read as read
from fieldguide.hyperparameter import option as option

__version__: str
