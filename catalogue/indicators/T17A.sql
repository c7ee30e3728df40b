-- Incidents of the window and hot spots of T17H (den), and of them those answered by the end of :t1 (num).
SELECT i.unit AS unit, i.id AS subject, i.id AS record, coalesce(i.answered_on <= :t1, 0) AS num, 1 AS den
FROM incident i
WHERE i.on_date BETWEEN :t0 AND :t1
UNION ALL
SELECT h.unit, h.id, h.id, coalesce(h.answered_on <= :t1, 0), 1
FROM hotspot h
WHERE h.since BETWEEN :t0 AND :t1
   OR (h.state = 'reappeared' AND h.state_since BETWEEN :t0 AND :t1)
