using SecretsBroker.Engines;
using SecretsBroker.Engines.Contract;

namespace SecretsBroker.Tests.Engines;

/// <summary>What an engine keeps whose target can say what it holds.</summary>
internal abstract partial class CredentialEngineContract
{
    [Test]
    public async Task What_was_issued_is_listed_by_its_installations_mark_until_it_is_revoked()
    {
        Assert.That(Engine is IListableEngine, Is.EqualTo(Type.IsListable));
        if (Engine is IListableEngine engine)
        {
            // What cannot be ended is listed to no purpose.
            Assert.That(await engine.CanListAsync(Token), Is.EqualTo(EndsEarly));
            if (EndsEarly)
            {
                await new ListingCases(UnderTest, engine, Token).WhatWasIssuedIsListedUntilItIsRevokedAsync();
            }
        }
    }
}
