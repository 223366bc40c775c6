"""What a data set is like: everything that bears on the choice of an algorithm, measured."""
