# The command `isobar` as the npm package holds it, with the dependencies of the lock file, the pipelines and the dashboard.
# Build it from the root of the checkout: docker build -f deploy/images/isobar.Dockerfile .

FROM node:26.10.0-bookworm-slim AS package
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm pack --pack-destination /tmp

FROM node:26.10.0-bookworm-slim AS installed
WORKDIR /opt/isobar
COPY --from=package /tmp/isobar-*.tgz /tmp/
COPY package-lock.json ./
RUN tar -xzf /tmp/isobar-*.tgz --strip-components=1 && npm ci --omit=dev --ignore-scripts

FROM node:26.10.0-bookworm-slim
COPY --from=installed /opt/isobar /opt/isobar
RUN ln -s /opt/isobar/bin/isobar /usr/local/bin/isobar
WORKDIR /isobar
COPY pipelines pipelines
COPY deploy/kibana/export.ndjson kibana/export.ndjson
ENV NODE_ENV=production
USER node
ENTRYPOINT ["isobar"]
CMD ["--help"]
