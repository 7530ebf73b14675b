#!/bin/sh
# A scorecard: income,debt,late_payments on each line of input, points on each line of output. A missing value is empty.
while IFS=, read -r income debt late; do
    awk -v income="${income:-0}" -v debt="${debt:-0}" -v late="${late:-0}" \
        'BEGIN { print 600 + income / 100 - debt / 50 - 40 * late }'
done
