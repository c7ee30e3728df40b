-- Hot spots that began, or appeared again, in the window.
SELECT h.unit AS unit, h.id AS subject, h.id AS record, 1 AS num, NULL AS den, coalesce(h.kind, '') AS by1
FROM hotspot h
WHERE h.since BETWEEN :t0 AND :t1
   OR (h.state = 'reappeared' AND h.state_since BETWEEN :t0 AND :t1)
