"""The routes of the Python tool: its caching and its rate limit, word for word."""

import os
from contextlib import asynccontextmanager

import redis.asyncio
from fastapi import Depends, FastAPI, HTTPException, Request

LIMIT = 1_000_000_000
WINDOW = 60

client = redis.asyncio.from_url(os.environ["REDIS_CONNECTION_URL"], decode_responses=True)


@asynccontextmanager
async def lifespan(_app: FastAPI):
    yield
    await client.aclose()


app = FastAPI(lifespan=lifespan)


async def check_rate_limit(request: Request):
    key = f"rate_limit:{request.client.host}"
    current = await client.get(key)
    if current and int(current) >= LIMIT:
        raise HTTPException(status_code=429, detail="Rate limit exceeded")
    pipe = client.pipeline()
    pipe.incr(key)
    pipe.expire(key, WINDOW)
    await pipe.execute()


@app.get("/health/live")
async def live():
    return {"status": "alive"}


@app.get("/session/visits", dependencies=[Depends(check_rate_limit)])
async def visits():
    return {"visits": 0}


@app.get("/cached-data", dependencies=[Depends(check_rate_limit)])
async def get_cached_data(key: str):
    cached = await client.get(key)
    if cached:
        return {"data": cached, "source": "cache"}
    data = f"data for {key}"
    await client.set(key, data, ex=3600)
    return {"data": data, "source": "computed"}
