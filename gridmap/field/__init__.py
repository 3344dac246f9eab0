"""网格员手机端: the phone app of grid workers, its sync, and what it takes along for work without a signal."""
