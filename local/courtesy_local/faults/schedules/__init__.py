"""Random schedules at the ports: the real use cases as interleaved processes, thousands of small worlds a second."""
