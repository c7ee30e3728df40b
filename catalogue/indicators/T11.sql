-- Visits to counselling points: the sum of the visits of the sessions in the window (never de-duplicated).
SELECT s.unit AS unit, s.id AS subject, s.id AS record, s.clients AS num, NULL AS den,
       coalesce(s.kind, '') AS by1
FROM point_session s
WHERE s.on_date BETWEEN :t0 AND :t1
  AND s.clients IS NOT NULL
