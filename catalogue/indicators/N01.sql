-- Facilities at the end of :t1 (den), and of them those that assign at least one person to social work and pay at
-- least the base wage (num).
SELECT f.unit AS unit, f.id AS subject, f.id AS record,
       coalesce(f.assigns_sw_staff = 1 AND f.allowance_ok = 1
                AND coalesce(f.staff_full, 0) + coalesce(f.staff_part, 0) + coalesce(f.staff_collab, 0) >= 1, 0) AS num,
       1 AS den, coalesce(f.sector, '') AS by1, coalesce(f.kind, '') AS by2
FROM facility f
WHERE coalesce(f.opened_on, '') <= :t1 AND (f.closed_on IS NULL OR f.closed_on > :t1)
