"""Users as the Python tool keeps them: SQLAlchemy with a session for each request."""

import os
from contextlib import asynccontextmanager
from datetime import datetime, timezone

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import DateTime

engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgres://", "postgresql+asyncpg://"),
    pool_size=6,
    max_overflow=2,
    pool_pre_ping=True,
    pool_timeout=30,
)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    version: Mapped[int]


class NewUser(BaseModel):
    email: str
    name: str


class UserResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    name: str
    created_at: datetime
    updated_at: datetime
    version: int


@asynccontextmanager
async def lifespan(_app: FastAPI):
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def get_db():
    async with sessions() as session:
        yield session


@app.get("/users")
async def list_users(limit: int = 20, after: int = 0, db: AsyncSession = Depends(get_db)):
    found = await db.execute(select(User).where(User.id > after).order_by(User.id).limit(limit))
    return {"users": [UserResponse.model_validate(user) for user in found.scalars()]}


@app.get("/users/{user_id}", response_model=UserResponse)
async def get_user(user_id: int, db: AsyncSession = Depends(get_db)):
    user = await get_by_id(db, user_id)
    if user is None:
        raise HTTPException(status_code=404, detail="User not found")
    return user


@app.post("/users", response_model=UserResponse, status_code=201)
async def create_user(new: NewUser, db: AsyncSession = Depends(get_db)):
    now = datetime.now(timezone.utc)
    user = User(email=new.email, name=new.name, created_at=now, updated_at=now, version=1)
    db.add(user)
    await db.commit()
    await db.refresh(user)
    return user


@app.put("/users/{user_id}", response_model=UserResponse)
async def update_user(user_id: int, new: NewUser, db: AsyncSession = Depends(get_db)):
    user = await get_by_id(db, user_id)
    if user is None:
        raise HTTPException(status_code=404, detail="User not found")
    user.email = new.email
    user.name = new.name
    user.updated_at = datetime.now(timezone.utc)
    user.version += 1
    await db.commit()
    await db.refresh(user)
    return user


async def get_by_id(db: AsyncSession, user_id: int):
    found = await db.execute(select(User).where(User.id == user_id))
    return found.scalar_one_or_none()
