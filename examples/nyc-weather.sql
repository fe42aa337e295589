-- Daily averages per airport of New York, from a year of hourly observations:
--
--     isobar run examples/nyc-weather.sql
--
-- Run it in the project's folder: the path is relative to where the command runs.

CREATE TABLE weather_data (
  client STRING,
  ts TIMESTAMP(3),
  temperature DOUBLE,
  humidity DOUBLE,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = 'examples/nyc-weather-2013.jsonl',
  'format' = 'json'
);

CREATE TABLE daily_weather (
  client STRING,
  weather_day DATE,
  observations BIGINT,
  avg_temp DOUBLE,
  avg_hum DOUBLE
) WITH (
  'connector' = 'print'
);

INSERT INTO daily_weather
SELECT
  client,
  CAST(window_start AS DATE),
  COUNT(*),
  ROUND(AVG(temperature), 2),
  ROUND(AVG(humidity), 2)
FROM TABLE(TUMBLE(TABLE weather_data, DESCRIPTOR(ts), INTERVAL '1' DAY))
GROUP BY client, window_start, window_end;
