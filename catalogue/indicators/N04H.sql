-- Minutes on duty (num) of all minutes of the window (den), for every line that was ever manned up to :t1. Of two
-- entries for a line and day the larger counts.
WITH day_minutes AS (
    SELECT d.unit, d.line, d.on_date, max(d.minutes) AS minutes, min(d.id) AS record
    FROM hotline_duty d
    WHERE d.on_date BETWEEN :t0 AND :t1
    GROUP BY d.unit, d.line, d.on_date
)
SELECT d.unit AS unit, d.record AS subject, d.record AS record, d.minutes AS num, 0 AS den
FROM day_minutes d
UNION ALL
SELECT d.unit, 'line' || hex(min(d.id)), min(d.id), 0,
       (CAST(julianday(:t1) - julianday(:t0) AS INTEGER) + 1) * CAST(:p_minutes_of_a_day AS INTEGER)
FROM hotline_duty d
WHERE d.on_date <= :t1
GROUP BY d.unit, d.line
