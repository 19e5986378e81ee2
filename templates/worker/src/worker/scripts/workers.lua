-- Returns the time, and the last sign of life of each worker.
return { now(), redis.call('HVALS', WORKERS) }
