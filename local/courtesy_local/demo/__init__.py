"""The whole job on one machine: two days of files in, two cycles, mail and print out, feedback back, and a balance of it all."""
