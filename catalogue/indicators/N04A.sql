-- Calls of the window (den), and of them those answered (num).
SELECT h.unit AS unit, h.id AS subject, h.id AS record, coalesce(h.answered = 1, 0) AS num, 1 AS den
FROM hotline_call h
WHERE h.on_date BETWEEN :t0 AND :t1
