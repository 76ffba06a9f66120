using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using SecretsBroker.Approvals;
using SecretsBroker.Behaviour;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;
using SecretsBroker.Identity;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Reconciliation;

namespace SecretsBroker.Benchmarks.Issue;

/// <summary>All that a store does for a broker.</summary>
internal interface ITimedStore : ILeaseStore, IDelegationStore, IDenyList, IReplayStore, IApprovalStore, ISignalStore, ILogPositions, IStaticSecretStore;

/// <summary>Stands before a store and measures each of its operations. The runtime makes a class of its own of it.</summary>
public class TimedStore : DispatchProxy
{
    internal const string Leases = "store: ";
    internal const string DenyList = "store, deny list: ";

    private static readonly ConcurrentDictionary<Type, MethodInfo?> Timers = new();

    private ILeaseStore _store = null!;
    private TimeSpent _times = null!;

    internal static ILeaseStore Before(ILeaseStore store, TimeSpent times)
    {
        var proxy = Create<ITimedStore, TimedStore>();
        var self = (TimedStore)(object)proxy;
        self._store = store;
        self._times = times;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var start = Stopwatch.GetTimestamp();
        var result = targetMethod!.Invoke(_store, BindingFlags.DoNotWrapExceptions, binder: null, args, culture: null);
        var prefix = targetMethod.DeclaringType == typeof(IDenyList) ? DenyList : Leases;
        return Timers.GetOrAdd(targetMethod.ReturnType, TimerOf)?.Invoke(this, [result, prefix + targetMethod.Name, start]) ?? result;
    }

    private static MethodInfo? TimerOf(Type type)
    {
        var name = (type == typeof(ValueTask), type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>)) switch
        {
            (true, _) => nameof(TimeAsync),
            (_, true) => nameof(TimeResultAsync),
            _ => null,
        };
        var method = name is null ? null : typeof(TimedStore).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Instance)!;
        return method is { IsGenericMethod: true } ? method.MakeGenericMethod(type.GetGenericArguments()) : method;
    }

    private async ValueTask<T> TimeResultAsync<T>(ValueTask<T> task, string what, long start)
    {
        var result = await task;
        _times.Add(what, Stopwatch.GetElapsedTime(start));
        return result;
    }

    private async ValueTask TimeAsync(ValueTask task, string what, long start)
    {
        await task;
        _times.Add(what, Stopwatch.GetElapsedTime(start));
    }
}
