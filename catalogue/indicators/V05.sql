-- Victims among the cases received in the window (den), and of them those with a service by the end of :t1, noted
-- for the case or for the person (num).
WITH victim AS MATERIALIZED (
    SELECT v.unit, v.person, coalesce(pr.root, v.person) AS root, v.id, v.received_on
    FROM trafficking_case v
    LEFT JOIN person_root pr ON pr.person = v.person
    WHERE v.victim_status = 'victim' AND v.received_on BETWEEN :t0 AND :t1
), service AS MATERIALIZED (
    SELECT s.trafficking_case, coalesce(ps.root, s.client) AS root, s.on_date
    FROM service_event s
    LEFT JOIN person_root ps ON ps.person = s.client
    WHERE s.on_date <= :t1 AND (s.trafficking_case IS NOT NULL OR s.client IS NOT NULL)
), served(id) AS (
    SELECT v.id FROM victim v JOIN service s ON s.trafficking_case = v.id AND s.on_date >= v.received_on
    UNION
    SELECT v.id FROM victim v JOIN service s ON s.root = v.root AND s.on_date >= v.received_on
), fact AS (
    SELECT v.unit, coalesce(v.root, v.id) AS subject, v.id AS record, v.id IN (SELECT id FROM served) AS num,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM victim v
    LEFT JOIN person p ON p.id = v.person
    LEFT JOIN person rp ON rp.id = v.root
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, f.num AS num, 1 AS den, f.sex AS by1,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_adult_16 AS INTEGER) THEN 'under_16'
            WHEN f.age < CAST(:p_age_old_60 AS INTEGER) THEN 'to_59'
            ELSE 'from_60' END AS by2
FROM fact f
