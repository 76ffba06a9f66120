# Who may get which secret, for a Secrets Broker with Policy:Engine opa or both. In effect the example of docs/policy.md:
# what nothing permits is denied, and what something forbids is denied whatever permits it.
package secretsbroker

import rego.v1

# What the broker asks for: data.secretsbroker.decision
decision := {
	"allow": allow,
	"reasons": reasons,
	"obligations": obligations,
}

default allow := false

allow if {
	count(permits) > 0
	count(forbids) == 0
}

# As with Cedar, a denial names what forbids, and a permission what permits.
reasons := forbids if {
	count(forbids) > 0
} else := permits

# Of several permits the shortest time holds.
obligations := {"max_ttl": sprintf("%ds", [min(limits)])} if {
	limits := {max_ttl_seconds[permit] | some permit in permits}
	count(limits) > 0
} else := {}

max_ttl_seconds := {"research-reads": 300}

permits contains "research-reads" if {
	"research" in input.principal.groups
	input.action == "read"
	within("orders")
	input.resource.classification == "internal"
	time.parse_duration_ns(input.context.ttl) <= time.parse_duration_ns("15m")
}

forbids contains "no-production-by-night" if {
	input.resource.environment == "production"
	[hour, _, _] := time.clock(time.parse_rfc3339_ns(input.context.time))
	hour < 6
}

# What cannot be judged is forbidden: a forbid that is undefined for want of a fact would otherwise let pass.
forbids contains "facts-missing" if not facts_complete

facts_complete if {
	is_string(input.resource.environment)
	is_number(time.parse_rfc3339_ns(input.context.time))
}

# The resource itself, or anything below it.
within(resource) if input.resource.id == resource

within(resource) if resource in input.resource.within
