-- Social-assistance, health and education facilities in the plan at the end of :t1 (den), and of them those that
-- provide social-work services (num).
SELECT f.unit AS unit, f.id AS subject, f.id AS record, coalesce(f.provides_sw_service = 1, 0) AS num, 1 AS den,
       coalesce(f.sector, '') AS by1, coalesce(f.kind, '') AS by2
FROM facility f
WHERE f.in_plan = 1
  AND f.kind IN ('public_assistance', 'private_assistance', 'sw_centre', 'hospital', 'health_centre',
                 'health_station', 'school')
  AND coalesce(f.opened_on, '') <= :t1 AND (f.closed_on IS NULL OR f.closed_on > :t1)
