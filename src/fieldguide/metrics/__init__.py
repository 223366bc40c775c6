"""Scores that torchmetrics and scikit-learn do not have: functions of tensors and arrays."""
