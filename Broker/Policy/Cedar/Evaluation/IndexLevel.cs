using System.Runtime.InteropServices;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Evaluation;

/// <summary>
/// One of the index's three levels: what stands below it, sorted by the entity or type that a head demands. What a request can meet is
/// found by looking up its entity, the entity's ancestors and its type, however many other policies there are.
/// </summary>
internal sealed class IndexLevel<TNext>
    where TNext : class, new()
{
    private readonly Dictionary<EntityUid, TNext> _byEntity = [];
    private readonly Dictionary<string, TNext> _byType = new(StringComparer.Ordinal);
    private TNext? _any;

    /// <summary>What stands below the demand; made when it is not there yet.</summary>
    public TNext For(EntityScope scope)
    {
        if (scope.Entity is not null)
            return For(scope.Entity);
        return scope.EntityType is null
            ? ForAny()
            : CollectionsMarshal.GetValueRefOrAddDefault(_byType, scope.EntityType, out _) ??= new TNext();
    }

    public TNext For(EntityUid entity) => CollectionsMarshal.GetValueRefOrAddDefault(_byEntity, entity, out _) ??= new TNext();

    public TNext ForAny() => _any ??= new TNext();

    public Matches Match(EntityUid uid, EntitySet entities) => new(this, uid, entities);

    /// <summary>Walks over everything whose demand the entity may meet.</summary>
    internal struct Matches(IndexLevel<TNext> level, EntityUid uid, EntitySet entities)
    {
        private Step _step;
        private int _ancestor;
        private UidSet _ancestors = UidSet.Empty;
        private Dictionary<EntityUid, TNext>.Enumerator _demands;

        private enum Step
        {
            Any,
            Type,
            Entity,
            Ancestors,
            Demands,
            End,
        }

        public TNext Current { get; private set; } = null!;

        /// <summary>The entity that is demanded, if one is.</summary>
        public EntityUid? Key { get; private set; }

        public bool MoveNext()
        {
            while (_step != Step.End)
            {
                if (Take() is { } next)
                {
                    Current = next;
                    return true;
                }
            }

            return false;
        }

        private TNext? Take()
        {
            switch (_step)
            {
                case Step.Any:
                    _step = Step.Type;
                    return level._any;
                case Step.Type:
                    _step = level._byEntity.Count == 0 ? Step.End : Step.Entity;
                    return level._byType.Count == 0 ? null : level._byType.GetValueOrDefault(uid.Type);
                case Step.Entity:
                    Climb();
                    Key = uid;
                    return level._byEntity.GetValueOrDefault(uid);
                case Step.Ancestors:
                    return NextAncestor();
                default:
                    return NextDemand();
            }
        }

        // Whichever is shorter is walked over: the ancestors of the entity or the demands of the policies.
        private void Climb()
        {
            _ancestors = entities.Node(uid)?.Ancestors ?? UidSet.Empty;
            _step = _ancestors.Items.Length <= level._byEntity.Count ? Step.Ancestors : Step.Demands;
            if (_step == Step.Demands)
                _demands = level._byEntity.GetEnumerator();
        }

        private TNext? NextAncestor()
        {
            if (_ancestor == _ancestors.Items.Length)
            {
                _step = Step.End;
                return null;
            }

            Key = _ancestors.Items[_ancestor++];
            return level._byEntity.GetValueOrDefault(Key);
        }

        private TNext? NextDemand()
        {
            if (!_demands.MoveNext())
            {
                _step = Step.End;
                return null;
            }

            var (demanded, next) = _demands.Current;
            Key = demanded;
            return _ancestors.Contains(demanded) ? next : null;
        }
    }
}
