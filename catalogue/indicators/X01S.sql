-- Points of the score sheets of the year of :t1 (num), the district's before the commune's own, of the most that
-- the scheme's criteria give (den). Without criteria there is no figure.
WITH scheme AS (
    -- the most that a scheme gives, in parts of a point: of records, as before, or of the catalogue
    SELECT k.scheme, k.version, sum(CAST(round(k.max_score * :p_score_parts) AS INTEGER)) AS most
    FROM score_criterion k GROUP BY k.scheme, k.version
    UNION ALL
    SELECT c.scheme, c.version, c.most * :p_score_parts / :p_scheme_parts FROM score_scheme c
    WHERE NOT EXISTS (SELECT 1 FROM score_criterion k WHERE k.scheme = c.scheme AND k.version = c.version)
)
SELECT s.unit AS unit, s.id AS subject, s.id AS record,
       CAST(round(coalesce(s.district_total, s.self_total) * :p_score_parts) AS INTEGER) AS num, k.most AS den
FROM score_sheet s
JOIN scheme k ON k.scheme = s.scheme AND k.version IS s.version
WHERE s.year = CAST(strftime('%Y', :t1) AS INTEGER) AND s.state <> 'draft'
  AND coalesce(s.district_total, s.self_total) IS NOT NULL
