"""The time that this thread has computed for: what is bounded, or measured, is not the load of the machine."""

import time

# a browser has no threads to tell apart, nor a clock for one
own_seconds = getattr(time, "thread_time", time.process_time)
