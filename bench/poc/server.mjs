// The usual stack, as it is usually written: Express starts make, Socket.io sends each piece of its output to every
// page, and pg inserts it as a row. `make bench-peers` measures it beside vm-orchestrator.
//
//   DATABASE_URL=… node server.mjs FOLDER      prints its port
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import express from 'express';
import pg from 'pg';
import { Server } from 'socket.io';

const folder = process.argv[2];
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
await pool.query(`
  create table if not exists poc_jobs (
    id serial primary key, target text not null, status text not null, exit_code integer,
    started_at timestamptz not null default now(), finished_at timestamptz);
  create table if not exists poc_logs (
    id bigserial primary key, job_id integer not null references poc_jobs (id), stream text not null,
    data text not null, "timestamp" timestamptz not null default now())`);

const app = express();
const http = createServer(app);
const io = new Server(http);

app.post('/jobs/:target', async (request, response) => {
  const { target } = request.params;
  const added = await pool.query(
    `insert into poc_jobs (target, status) values ($1, 'running') returning id`,
    [target],
  );
  const { id } = added.rows[0];
  const child = spawn('make', ['-s', target], { cwd: folder });
  const written = [];
  for (const stream of ['stdout', 'stderr']) {
    child[stream].on('data', (bytes) => {
      const data = bytes.toString();
      io.emit('output', { id, stream, data });
      const insert = 'insert into poc_logs (job_id, stream, data) values ($1, $2, $3)';
      written.push(pool.query(insert, [id, stream, data]));
    });
  }
  child.on('close', async (code) => {
    io.emit('exit', { id, code });
    await Promise.all(written);
    const status = code === 0 ? 'done' : 'error';
    const update =
      'update poc_jobs set status = $2, exit_code = $3, finished_at = now() where id = $1';
    await pool.query(update, [id, status, code]);
    io.emit('archived', { id });
  });
  response.json({ id });
});

http.listen(0, '127.0.0.1', () => console.log(http.address().port));
