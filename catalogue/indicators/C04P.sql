-- Children of C04 (den), and of them those with a plan approved by the end of :t1, for the notice or the case (num).
WITH fact AS (
    SELECT r.unit, coalesce(pr.root, r.child, r.id) AS subject, r.id AS record, r.act, r.place_kind, r.child_case,
           coalesce(rp.sex, p.sex, r.child_sex, '') AS sex,
           coalesce(CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))), r.child_age) AS age
    FROM child_report r
    LEFT JOIN person_root pr ON pr.person = r.child
    LEFT JOIN person p ON p.id = r.child
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE r.received_on BETWEEN :t0 AND :t1 AND coalesce(r.verified, '') <> 'false'
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record,
       coalesce(f.record IN (SELECT n.child_report FROM child_plan n WHERE n.approved_on <= :t1), 0)
       OR coalesce(f.child_case IN (SELECT n.child_case FROM child_plan n WHERE n.approved_on <= :t1), 0) AS num,
       1 AS den
FROM fact f
