-- Weather from IoT devices: one average of temperature and humidity per device and minute.
-- Kafka topic weather_data -> Elasticsearch index weather_data_1.

SET 'pipeline.name' = 'weather';
SET 'execution.checkpointing.interval' = '10 s';
-- A device that falls silent on its partition does not hold back the others.
SET 'table.exec.source.idle-timeout' = '10 s';
-- Isobar only (Flink ignores these keys): close the last minute when all devices fall silent, and keep messages that
-- cannot be read, or come too late, with the reason.
SET 'isobar.source.advance-when-idle' = '10 s';
SET 'isobar.dead-letter' = 'true';

CREATE TABLE iot_msg (
  client VARCHAR,
  ts TIMESTAMP(3),
  temperature DOUBLE,
  humidity DOUBLE,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'weather_data',
  'properties.bootstrap.servers' = 'kafka:9092',
  'properties.group.id' = 'weather',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json',
  'json.ignore-parse-errors' = 'true',
  'json.timestamp-format.standard' = 'SQL'
);

CREATE TABLE es_sink (
  client VARCHAR,
  row_date DATE,
  row_time TIME(0),
  avg_temp DOUBLE,
  avg_hum DOUBLE,
  window_start TIMESTAMP(3),
  window_end TIMESTAMP(3),
  PRIMARY KEY (client, window_start) NOT ENFORCED
) WITH (
  'connector' = 'elasticsearch-7',
  'hosts' = 'http://elasticsearch:9200',
  'index' = 'weather_data_1'
);

-- What could not be read has no device or no time, and belongs to no window.
CREATE TEMPORARY VIEW reading AS
SELECT client, ts, temperature, humidity
FROM iot_msg
WHERE client IS NOT NULL AND ts IS NOT NULL;

INSERT INTO es_sink
SELECT
  client,
  CAST(window_start AS DATE),
  CAST(window_start AS TIME(0)),
  AVG(temperature),
  AVG(humidity),
  window_start,
  window_end
FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
GROUP BY client, window_start, window_end;
