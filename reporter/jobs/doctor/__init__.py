"""Whether this machine and these settings are fit for the runs to come: what each look found, and what to do."""

from reporter.jobs.doctor.diagnosis import Diagnosis, Level
from reporter.jobs.doctor.examination import examine

__all__ = ["Diagnosis", "Level", "examine"]
