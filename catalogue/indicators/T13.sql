-- Briefing meetings in the window.
SELECT a.unit AS unit, a.id AS subject, a.id AS record, 1 AS num, NULL AS den
FROM activity a
WHERE a.kind = 'briefing' AND a.on_date BETWEEN :t0 AND :t1
