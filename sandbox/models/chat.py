"""A chat model behind a way to its server: one call, whole or streamed, tried as its policy says.

Starts no server. The way is LiteLLM's for models elsewhere, a direct one for our own child process.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from sandbox.models.adaptation import (
    MORE_ROOM,
    adaptation,
    adapted_parameters,
    gives_log_probabilities,
    leaves_out,
    note_log_probabilities,
)
from sandbox.models.chat_reply import Reply, StreamedReply, empty_failure, reply_of
from sandbox.models.failure import Failure, explanation, failure_of
from sandbox.models.hosted import without_credentials
from sandbox.models.pace import Pace
from sandbox.models.provider import (
    REASONING_TOKENS,
    Attempt,
    Capabilities,
    Completion,
    Delta,
    Message,
    ModelDescription,
    ModelError,
    Request,
    Restart,
    Sampling,
    StreamPart,
    Withdrawn,
)
from sandbox.models.retry import Budget, RetryPolicy, Tries
from sandbox.models.speech import cut_to_sentence
from sandbox.models.way import ChatCall, Endpoint, ReplyStream, Way
from sandbox.text import printable

PROBE = Request(
    (Message("user", "Say hello."),),
    Sampling(temperature=0.0, max_tokens=5),
    top_logprobs=5,
    purpose="measurement",
)
"""The call that shows whether a server gives log-probabilities."""

FindEndpoint = Callable[[Failure | None], Awaitable[Endpoint]]
"""Called before each try with the failure of the one before; may start a server; may raise Failure."""


class ChatProvider:
    """The model that is called `served_as` on its `way` (default: `name`).

    `endpoint` is for a server of the app's own and overrides `api_base` and `api_key`. `key_variable` names
    the environment variable with the key, for the hint in errors. `parameters` are sent with every call,
    beside what is asked. `passes_extra`: the server is sent `Sampling.extra`; others never see it.
    """

    def __init__(
        self,
        way: Way,
        name: str,
        *,
        api_base: str | None = None,
        api_key: str | None = None,
        capabilities: Capabilities,
        sampling: Sampling,
        title: str = "",
        facts: Mapping[str, str] | None = None,
        policy: RetryPolicy | None = None,
        served_as: str = "",
        endpoint: FindEndpoint | None = None,
        key_variable: str = "",
        parameters: Mapping[str, Any] | None = None,
        passes_extra: bool = False,
    ) -> None:
        self._way = way
        self._name = name
        self._served_as = served_as or name
        self._fixed = Endpoint(api_base, api_key)
        self._endpoint = endpoint
        self._capabilities = capabilities
        self._sampling = sampling
        self._title = title or name
        self._facts = dict(facts or {})
        self._policy = policy or RetryPolicy()
        self._key_variable = key_variable
        self._always = dict(parameters or {})
        self._passes_extra = passes_extra
        self._adapted: tuple[str, ...] = ()
        self._begins_by_thought = False
        self._unstreamed = False
        self._priced = not capabilities.local and api_base is None
        self._pace: Pace | None = None

    @property
    def title(self) -> str:
        return self._title

    @property
    def description(self) -> ModelDescription:
        return ModelDescription(self._name, self._title, self._facts)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def found(self) -> Capabilities:
        gives = gives_log_probabilities(self._name, self._fixed.base or "")
        return replace(self._capabilities, top_logprobs=0) if gives is False else self._capabilities

    @property
    def sampling(self) -> Sampling:
        return self._sampling

    @property
    def service(self) -> str:
        address = without_credentials(self._fixed.base or "")
        prefix = self._name.partition("/")[0]
        return f"{prefix} at {printable(address)}" if address else prefix

    @property
    def pace(self) -> Pace | None:
        return self._pace

    def keep_to(self, pace: Pace) -> None:
        self._pace = pace

    def come_whole(self) -> None:
        self._unstreamed = True

    @property
    def unsure(self) -> bool:
        known = gives_log_probabilities(self._name, self._fixed.base or "")
        return known is None and self._capabilities.top_logprobs > 0

    async def find_out(self) -> None:
        if self.unsure:
            with suppress(ModelError):
                await self._complete(PROBE, replace(self._policy, attempts=1))

    async def warm_up(self) -> None:
        """Load what calls need and find (or start) the server now, so that the first call need not wait."""
        try:
            await asyncio.gather(self._way.load(), self._find(None))
        except Failure as failure:
            raise self._error(failure, ()) from None

    async def close(self) -> None:
        """Let go of connections that are kept for the next call."""
        await self._way.close()

    async def complete(self, request: Request) -> Completion:
        return await self._complete(request, self._policy)

    async def _complete(self, request: Request, policy: RetryPolicy) -> Completion:
        tries = Tries(policy)
        failure: Failure | None = None
        while True:
            asked = self._asked(request, tries)
            tries.begin(asked.sampling.seed, self._adapted)
            try:
                async with self._turn(tries):
                    reply = await self._whole(asked, failure, tries)
                completion = self._completion(asked, reply)
            except Failure as problem:
                failure = problem
                await tries.pause(self._wait_or_raise(tries, failure, asked))
            else:
                return replace(completion, attempts=tries.succeeded(reply.thoughts))

    async def stream(self, request: Request) -> AsyncGenerator[StreamPart, None]:
        """The first Delta is the prefill, if there is one, so that the deltas add up to the text.

        With `cut_to_sentence` the Completion's text may end before the last deltas did. A server that does
        not stream is asked for the whole reply, which then comes in one piece.
        """
        tries = Tries(self._policy)
        failure: Failure | None = None
        while True:
            asked = self._asked(request, tries)
            tries.begin(asked.sampling.seed, self._adapted)
            shown = False
            try:
                if self._unstreamed or (failure is not None and failure.unstreamed):
                    async with self._turn(tries):
                        reply = await self._whole(asked, failure, tries)
                    self._unstreamed = self._unstreamed or len(tries.attempts) == 1
                    shown = True
                    yield Delta(asked.prefill + reply.generated)
                else:
                    streamed = StreamedReply(asked.prefill, begun=self._begins_by_thought)
                    async with (
                        self._turn(tries),
                        aclosing(self._deltas(asked, streamed, failure, tries)) as parts,
                    ):
                        async for part in parts:
                            shown = True
                            yield part
                    rest, reply = streamed.finished()
                    for part in rest:
                        yield part
                completion = self._completion(asked, reply)
            except Failure as problem:
                unstreamed = failure is not None and failure.unstreamed
                failure = problem
                # Until a whole reply has come, the same call without a stream says why there is none.
                # LiteLLM makes an empty stream of what some servers send whole.
                hollow = failure.kind == "empty" and not failure.thoughts and self._endpoint is None
                failure.unstreamed = failure.unstreamed or unstreamed or hollow
            else:
                if completion.refused and (said := completion.text):
                    yield Withdrawn()
                    yield Delta(said)
                yield replace(completion, attempts=tries.succeeded(reply.thoughts))
                return
            wait = self._wait_or_raise(tries, failure, asked)
            if shown:
                yield Restart(tries.attempts[-1])
            await tries.pause(wait)

    def _asked(self, request: Request, tries: Tries) -> Request:
        """The request of this try: after an empty reply, with a seed that gives it a chance to differ."""
        if request.prefill and not self._capabilities.prefill:
            raise ModelError(
                "This model cannot continue a reply that was begun for it.",
                kind="bad request",
                where=self._name,
                todo="Use a client without an opening, or another model.",
            )
        top = min(request.top_logprobs, self._capabilities.top_logprobs)
        if request.top_logprobs and not top:
            raise ModelError(
                "This model does not give word probabilities.",
                kind="bad request",
                where=self._name,
                todo="Read questionnaires by report, or use a model with log-probabilities.",
            )
        sampling = request.sampling
        if tries.empty_replies and sampling.seed is not None:
            sampling = replace(sampling, seed=(sampling.seed + tries.empty_replies) % 2**31)
        if leaves_out(self._adapted, "seed"):
            sampling = replace(sampling, seed=None)
        return replace(request, top_logprobs=top, sampling=sampling)

    @asynccontextmanager
    async def _turn(self, tries: Tries) -> AsyncGenerator[None, None]:
        """One try's turn among all calls to the service. Raises Failure when it is too long in coming."""
        if self._pace is None:
            yield
            return
        async with self._pace.turn(self._policy.longest_wait) as waited:
            tries.waited(waited)
            yield

    async def _whole(self, request: Request, after: Failure | None, tries: Tries) -> Reply:
        try:
            _, endpoint = await asyncio.gather(self._way.load(), self._find(after))
            call = self._call(request, endpoint)
            with tries.calling():
                async with asyncio.timeout(self._policy.timeout):
                    response = await self._way.whole(call)
        except Failure:
            raise
        except Exception as error:
            raise self._failure(error) from None
        return reply_of(response, request.prefill, begun=self._begins_by_thought)

    async def _deltas(
        self, request: Request, reply: StreamedReply, after: Failure | None, tries: Tries
    ) -> AsyncGenerator[Delta | Withdrawn, None]:
        """The text as it arrives, gathered in `reply`. Time the caller takes in between is not counted."""
        budget = Budget(self._policy, tries)
        stream: ReplyStream | None = None
        try:
            _, endpoint = await asyncio.gather(self._way.load(), self._find(after))
            call = self._call(request, endpoint, streamed=True)
            stream = await budget.wait(self._way.stream(call))
            if request.prefill:
                yield Delta(request.prefill)
            while (chunk := await budget.wait(stream.next())) is not None:
                for part in reply.take(chunk):
                    yield part
            reply.end(stream.ending(reply.finish_reason))
        except Failure:
            raise
        except Exception as error:
            raise self._failure(error) from None
        finally:
            if stream is not None:
                await stream.close()

    async def _find(self, after: Failure | None) -> Endpoint:
        return self._fixed if self._endpoint is None else await self._endpoint(after)

    def _call(self, request: Request, endpoint: Endpoint, *, streamed: bool = False) -> ChatCall:
        parameters = self._parameters(request)
        if streamed and not leaves_out(self._adapted, "stream_options"):
            parameters["stream_options"] = {"include_usage": True}
        return ChatCall(self._served_as, endpoint, parameters, self._policy.timeout)

    def _parameters(self, request: Request) -> dict[str, Any]:
        sampling = request.sampling
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        if request.prefill:
            messages.append({"role": "assistant", "content": request.prefill})
        parameters: dict[str, Any] = {
            **self._always,
            "messages": messages,
            "temperature": sampling.temperature,
            "max_tokens": self._limit(request),
        }
        optional = {
            "seed": sampling.seed,
            "stop": list(sampling.stop) or None,
            "frequency_penalty": sampling.frequency_penalty or None,
            "logprobs": True if request.top_logprobs else None,
            "top_logprobs": request.top_logprobs or None,
            "extra_body": dict(sampling.extra) if sampling.extra and self._passes_extra else None,
            "response_format": self._response_format(request),
        }
        given = {name: value for name, value in optional.items() if value is not None}
        return adapted_parameters(parameters | given, self._adapted)

    def _limit(self, request: Request) -> int:
        """The most tokens the server may write, a reasoning model's thoughts included.

        Where the first token's candidates are asked for, nothing is to come before it.
        """
        reasons = self._capabilities.reasoning or MORE_ROOM in self._adapted
        thinks = reasons and not request.top_logprobs
        return request.sampling.max_tokens + (REASONING_TOKENS if thinks else 0)

    def _response_format(self, request: Request) -> dict[str, Any] | None:
        """What holds the reply to the request's schema; None where the model is not known to take it."""
        if request.schema is None or not self._capabilities.structured or not self._takes_schema():
            return None
        shape = {"name": "answer", "strict": True, "schema": dict(request.schema)}
        return {"type": "json_schema", "json_schema": shape}

    def _takes_schema(self) -> bool:
        """The way knows it of models at a service's own address; of other servers nothing is known."""
        if self._capabilities.local or self._fixed.base is not None:
            return True
        return self._way.takes_schema(self._served_as)

    def _completion(self, request: Request, reply: Reply) -> Completion:
        """What the reply comes to. Raises Failure if it is empty or ran into the context's end."""
        self._begins_by_thought = self._begins_by_thought or reply.begun_by_thought
        if reply.refusal or reply.finish_reason == "content_filter":
            text = reply.refusal or reply.generated.strip()
            return self._told(text, reply, refused=True)
        if request.top_logprobs:
            note_log_probabilities(self._name, self._fixed.base or "", given=bool(reply.top))
        if not reply.generated.strip() and not reply.top:
            raise empty_failure(reply, request.sampling.seed)
        used = (reply.usage.prompt_tokens or 0) + (reply.usage.completion_tokens or 0)
        context = self._capabilities.context
        if context is not None and used >= context:  # some servers then say that the reply has ended
            raise Failure(
                "context exceeded", f"The reply ran into the end of the context ({context} tokens)."
            )
        generated = cut_to_sentence(reply.generated) if request.sampling.cut_to_sentence else reply.generated
        return self._told(request.prefill + generated, reply)

    def _told(self, text: str, reply: Reply, *, refused: bool = False) -> Completion:
        return Completion(
            text=text,
            model=reply.model or self._served_as,
            finish_reason=reply.finish_reason,
            usage=reply.usage,
            top=reply.top,
            cost=self._cost(reply),
            refused=refused,
        )

    def _cost(self, reply: Reply) -> float | None:
        if self._capabilities.local:
            return 0.0
        usage = reply.usage
        if not self._priced or usage.prompt_tokens is None or usage.completion_tokens is None:
            return None
        cost = self._way.price(self._served_as, usage)
        self._priced = cost is not None  # asking again each call is slow
        return cost

    def _failure(self, error: Exception) -> Failure:
        return failure_of(error, self._fixed.key)

    def _wait_or_raise(self, tries: Tries, failure: Failure, asked: Request) -> float:
        if self._adapts(tries, failure, asked):
            return tries.adapt(failure)
        if asked.top_logprobs and failure.kind == "bad request" and "logprob" in failure.message.lower():
            note_log_probabilities(self._name, self._fixed.base or "", given=False)
        wait = tries.failed(failure)
        if failure.unstreamed and wait is not None and len(tries.attempts) == 1:
            wait = 0.0
        if wait is None:
            raise self._error(failure, tuple(tries.attempts)) from None
        return wait

    def _adapts(self, tries: Tries, failure: Failure, asked: Request) -> bool:
        """Whether to make the call again in another way, in which this model is asked from then on."""
        if failure.out_of_room:
            found = None if self._capabilities.reasoning or asked.top_logprobs else MORE_ROOM
        else:
            parameters = self._parameters(asked) | {"stream_options": {}}
            found = adaptation(failure, parameters)
        if found is None or found in tries.adapted:
            return False
        if found not in self._adapted:  # another call may have found it meanwhile
            self._adapted = (*self._adapted, found)
        return True

    def _error(self, failure: Failure, attempts: tuple[Attempt, ...]) -> ModelError:
        in_app = self._endpoint is not None
        address = printable(without_credentials(self._fixed.base or ""))
        what, todo = explanation(
            failure, self._key_variable, self._capabilities, in_app=in_app, address=address
        )
        if len(attempts) > 1:
            what += f" (tried {len(attempts)} times)"
        return ModelError(
            what,
            kind=failure.kind,
            where=self._name,
            todo=todo,
            attempts=attempts,
            retry_after=failure.retry_after,
        )
