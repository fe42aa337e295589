# Flink with the connectors that the pipelines use: the newest for Elasticsearch 7 works with Flink 1.20, not with 2.

FROM maven:3.9.11-eclipse-temurin-17 AS connectors
WORKDIR /connectors
ARG COPY=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy
RUN mvn -B -q $COPY -DoutputDirectory=. -Dartifact=org.apache.flink:flink-sql-connector-kafka:3.2.0-1.19 \
 && mvn -B -q $COPY -DoutputDirectory=. -Dartifact=org.apache.flink:flink-sql-connector-elasticsearch7:3.0.1-1.17
COPY <<EOF connectors.sha256
c3eda3cd295c1cdfb1dcbae4e0fd318d82e2dd6f073328e30cd79f1d9a990775  flink-sql-connector-kafka-3.2.0-1.19.jar
1ccfd046ac98184e468bb17216bea86580de203434023b29c5da854f787a2d81  flink-sql-connector-elasticsearch7-3.0.1-1.17.jar
EOF
RUN sha256sum --check --strict connectors.sha256

FROM flink:1.20.5-scala_2.12-java17
COPY --from=connectors --chown=flink:flink /connectors/*.jar /opt/flink/lib/
# A new volume that is mounted here takes this owner.
RUN install -d -o flink -g flink /var/lib/flink
USER flink
