-- Temperatures of cities: lines like "Budapest, 30" in topic input. To output_avg goes the average of a city so far, at
-- every line; to output_max the highest temperature of every five seconds; to input_errors what is no such line.

SET 'pipeline.name' = 'cities';
SET 'execution.checkpointing.interval' = '10 s';
SET 'table.exec.source.idle-timeout' = '10 s';
-- Isobar only (Flink ignores the key): close the last five seconds when the input falls silent.
SET 'isobar.source.advance-when-idle' = '10 s';

CREATE TABLE input (
  line STRING,
  ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
  arrival AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'input',
  'properties.bootstrap.servers' = 'kafka:9092',
  'properties.group.id' = 'cities',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'raw'
);

CREATE TABLE output_avg (
  city STRING,
  avg_temp DOUBLE,
  readings BIGINT
) WITH (
  'connector' = 'kafka',
  'topic' = 'output_avg',
  'properties.bootstrap.servers' = 'kafka:9092',
  'format' = 'csv',
  'csv.disable-quote-character' = 'true'
);

CREATE TABLE output_max (
  city STRING,
  max_temp DOUBLE,
  window_start TIMESTAMP(3),
  window_end TIMESTAMP(3)
) WITH (
  'connector' = 'kafka',
  'topic' = 'output_max',
  'properties.bootstrap.servers' = 'kafka:9092',
  'format' = 'csv',
  'csv.disable-quote-character' = 'true'
);

CREATE TABLE input_errors (
  line STRING,
  reason STRING,
  ts TIMESTAMP_LTZ(3)
) WITH (
  'connector' = 'kafka',
  'topic' = 'input_errors',
  'properties.bootstrap.servers' = 'kafka:9092',
  'format' = 'json'
);

-- No such line is longer than 200 characters: regular expressions take long for texts of megabytes.
CREATE TEMPORARY VIEW short AS
SELECT line, CASE WHEN CHAR_LENGTH(line) <= 200 THEN line END AS text, ts, arrival
FROM input;

-- Any line: the city and the temperature where the line has them, NULL where it does not.
CREATE TEMPORARY VIEW parsed AS
SELECT
  line,
  REGEXP_EXTRACT(text, '^\s*([^,]*[^,\s])\s*,', 1) AS city,
  TRY_CAST(REGEXP_EXTRACT(text, ',\s*([+-]?[0-9]+([.][0-9]+)?)\s*$', 1) AS DOUBLE) AS temp,
  ts,
  arrival
FROM short;

CREATE TEMPORARY VIEW reading AS
SELECT city, temp, ts, arrival
FROM parsed
WHERE city IS NOT NULL AND temp IS NOT NULL AND line NOT LIKE '%,%,%';

EXECUTE STATEMENT SET
BEGIN

INSERT INTO output_avg
SELECT
  city,
  ROUND(AVG(temp) OVER so_far, 2),
  COUNT(*) OVER so_far
FROM reading
WINDOW so_far AS (PARTITION BY city ORDER BY arrival ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);

INSERT INTO output_max
SELECT city, temp, window_start, window_end
FROM (
  SELECT
    city, temp, window_start, window_end,
    ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY temp DESC) AS place
  FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '5' SECOND))
)
WHERE place = 1;

INSERT INTO input_errors
SELECT
  line,
  CASE
    WHEN line IS NULL THEN 'the message is empty'
    WHEN CHAR_LENGTH(line) > 200 THEN 'the line is longer than 200 characters'
    WHEN line NOT LIKE '%,%' THEN 'there is no comma'
    WHEN line LIKE '%,%,%' THEN 'there is more than one comma'
    WHEN city IS NULL THEN 'there is no city in front of the comma'
    ELSE 'there is no temperature behind the comma'
  END,
  ts
FROM parsed
WHERE line IS NULL OR city IS NULL OR temp IS NULL OR line LIKE '%,%,%';

END;
