"""What joins the stages: one module or package for each thing that a timer or a person starts."""
