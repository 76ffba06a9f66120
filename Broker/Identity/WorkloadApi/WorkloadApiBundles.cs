using System.Collections.Frozen;
using Google.Protobuf;
using SecretsBroker.Identity.Keys;

namespace SecretsBroker.Identity.WorkloadApi;

/// <summary>
/// The bundles of all trust domains that the agent tells of. Each message is the whole truth: a trust domain that is no longer in it has
/// no keys any more. Certificates and keys come separately.
/// </summary>
internal sealed class WorkloadApiBundles(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Feed _certificates = new();
    private readonly Feed _keys = new();
    private volatile FrozenDictionary<string, Bundle> _bundles = FrozenDictionary<string, Bundle>.Empty;

    /// <returns>For each trust domain whose part cannot be used, and stays as it was, what is wrong with it.</returns>
    public IReadOnlyDictionary<string, string> TakeCertificates(IEnumerable<KeyValuePair<string, ByteString>> bundles) =>
        Take(_certificates, bundles, (bundle, sent) => bundle.WithCertificates(sent));

    /// <inheritdoc cref="TakeCertificates"/>
    public IReadOnlyDictionary<string, string> TakeKeys(IEnumerable<KeyValuePair<string, ByteString>> bundles) =>
        Take(_keys, bundles, (bundle, sent) => bundle.WithKeys(sent));

    /// <summary>Nothing is heard of certificates for now.</summary>
    public void LoseCertificates() => _certificates.Lose(time.GetTimestamp());

    /// <summary>Nothing is heard of keys for now.</summary>
    public void LoseKeys() => _keys.Lose(time.GetTimestamp());

    /// <param name="trustDomain">Whose.</param>
    /// <param name="lifetime">How long what was told last is believed while nothing is heard.</param>
    public KeyRing Find(string trustDomain, TimeSpan lifetime)
    {
        var (certificates, keys) = (IsBelieved(_certificates, lifetime), IsBelieved(_keys, lifetime));
        if (!certificates && !keys)
            return KeyRing.Unavailable;
        var bundle = _bundles.GetValueOrDefault(trustDomain, Bundle.Empty);
        return !keys ? bundle.Certificates : !certificates ? bundle.Keys : bundle.Whole;
    }

    private IReadOnlyDictionary<string, string> Take(
        Feed feed, IEnumerable<KeyValuePair<string, ByteString>> sent, Func<Bundle, ByteString, Bundle> take)
    {
        var faults = new Dictionary<string, string>(StringComparer.Ordinal);
        lock (_gate)
        {
            var all = sent.ToDictionary(entry => NameOf(entry.Key), entry => entry.Value, StringComparer.Ordinal);
            var bundles = new Dictionary<string, Bundle>(_bundles, StringComparer.Ordinal);
            foreach (var name in all.Keys.Union(_bundles.Keys, StringComparer.Ordinal))
            {
                try
                {
                    bundles[name] = take(bundles.GetValueOrDefault(name, Bundle.Empty), all.GetValueOrDefault(name, ByteString.Empty));
                }
                catch (KeySourceException fault)
                {
                    faults.Add(name, fault.Message);
                }
            }

            _bundles = bundles.ToFrozenDictionary(StringComparer.Ordinal);
            feed.Hear();
        }

        return faults;
    }

    private bool IsBelieved(Feed feed, TimeSpan lifetime) =>
        feed.LostAt is not { } lost || (lost != Feed.NeverHeard && time.GetElapsedTime(lost) < lifetime);

    private static string NameOf(string key) =>
        key.StartsWith(SpiffeSyntax.Scheme, StringComparison.Ordinal) ? SpiffeSyntax.TrustDomainOf(key).ToString() : key;

    /// <summary>Whether one of the two streams is open, and since when not.</summary>
    private sealed class Feed
    {
        public const long NeverHeard = long.MinValue;
        private const long Open = long.MaxValue;

        private long _lostAt = NeverHeard;

        /// <summary>Null while it is open.</summary>
        public long? LostAt => Volatile.Read(ref _lostAt) is var lost and not Open ? lost : null;

        public void Hear() => Volatile.Write(ref _lostAt, Open);

        public void Lose(long now) => Interlocked.CompareExchange(ref _lostAt, now, Open);
    }

    /// <summary>What one trust domain has, as it was sent and as it is used. Never changed: what remembers it sees that it was replaced.</summary>
    private sealed class Bundle
    {
        public static readonly Bundle Empty = new(ByteString.Empty, ByteString.Empty, new KeyRing([]), new KeyRing([]));

        private readonly ByteString _sentCertificates;
        private readonly ByteString _sentKeys;

        private Bundle(ByteString sentCertificates, ByteString sentKeys, KeyRing certificates, KeyRing keys)
        {
            (_sentCertificates, _sentKeys, Certificates, Keys) = (sentCertificates, sentKeys, certificates, keys);
            Whole = certificates.With(keys);
        }

        public KeyRing Certificates { get; }

        public KeyRing Keys { get; }

        public KeyRing Whole { get; }

        public Bundle WithCertificates(ByteString sent)
        {
            if (sent.Equals(_sentCertificates))
                return this;
            var authorities = DerCertificates.Split(sent.Memory).Select(der => BundleCertificate.TryLoad(der.Span)).OfType<System.Security.Cryptography.X509Certificates.X509Certificate2>();
            return new Bundle(sent, _sentKeys, new KeyRing([], [.. authorities]), Keys);
        }

        public Bundle WithKeys(ByteString sent)
        {
            if (sent.Equals(_sentKeys))
                return this;
            var keys = sent.IsEmpty ? new KeyRing([]) : JwkSetReader.Read(sent.ToByteArray(), KeyUse.WorkloadApi);
            return new Bundle(_sentCertificates, sent, Certificates, keys);
        }
    }
}
