"""The private servers other tests rely on are really there, private, and can be lost and found."""

import os

from redis.asyncio import Redis

from tests.data.servers import PrivatePostgres, PrivateRedis


async def test_redis_answers_on_its_socket_and_comes_back_empty(redis_server: PrivateRedis) -> None:
    async with Redis.from_url(redis_server.url) as client:
        await client.set("key", "value")
    redis_server.stop()
    redis_server.start()
    async with Redis.from_url(redis_server.url) as client:
        assert await client.get("key") is None


def test_every_database_is_a_new_one_and_the_server_is_not_root(postgres: PrivatePostgres) -> None:
    first, second = postgres.new_database(), postgres.new_database()
    assert first != second
    assert postgres.execute(first, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0\n"
    assert (postgres.directory / "data").stat().st_uid != 0 or os.geteuid() != 0
