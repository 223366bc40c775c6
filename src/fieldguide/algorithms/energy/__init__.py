"""Energy models: what is likely has low energy, learnt by comparing data with daydreams."""
