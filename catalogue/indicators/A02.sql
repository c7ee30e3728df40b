-- Direct propaganda sessions of the window in hamlets that are especially difficult or have many migrants.
SELECT a.unit AS unit, a.id AS subject, a.id AS record, 1 AS num, NULL AS den, coalesce(a.field, '') AS by1
FROM activity a
JOIN hamlet h ON h.id = a.hamlet_ref
WHERE a.kind = 'direct' AND a.on_date BETWEEN :t0 AND :t1 AND (h.hardship = 'special' OR h.migrants_many = 1)
