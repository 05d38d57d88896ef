internal import Glibc
internal import ParleyBase

/// What one direction of a link does to messages: the model of the simulated mesh and of time prediction.
///
/// A message of b bytes that is sent at t starts when the link is free, occupies it for b·8/bandwidth and arrives
/// `latency` after its last bit; messages of a link keep their order. Bandwidth is per directed link: links do not
/// share a network card.
package struct LinkProfile: Sendable, Hashable {
  /// One way; a round trip takes twice this.
  package let latency: Duration
  /// Bandwidth of each direction, 1 … 10^15 bits a second.
  package let bitsPerSecond: Int
  /// The probability that a packet of ``packetBytes`` is lost, 0 ..< 1. A message that loses packets arrives
  /// later by ``retransmission`` for each time something had to be sent again.
  package let loss: Double
  /// What one retransmission costs; nil means a round trip (fast retransmit).
  package let retransmission: Duration?
  /// Spans of virtual time in which nothing gets through: a message that would not be delivered whole before a
  /// span begins is sent when it ends, as the transport replays unacknowledged frames on reconnection.
  package let partitions: [Range<Duration>]
  /// Seed of the random losses.
  package let seed: UInt64

  /// Payload of a TCP segment on Ethernet.
  package static let packetBytes = 1448

  /// A link; see the properties. Values out of range trap.
  package init(
    latency: Duration, bitsPerSecond: Int, loss: Double = 0, retransmission: Duration? = nil,
    partitions: [Range<Duration>] = [], seed: UInt64 = 1
  ) {
    precondition(latency >= .zero, "negative latency")
    precondition((1...1_000_000_000_000_000).contains(bitsPerSecond), "bandwidth out of range")
    precondition(loss >= 0 && loss < 1, "loss is a probability below 1")
    precondition(retransmission ?? .zero >= .zero, "negative retransmission delay")
    self.latency = latency
    self.bitsPerSecond = bitsPerSecond
    self.loss = loss
    self.retransmission = retransmission
    self.partitions = partitions.sorted { $0.lowerBound < $1.lowerBound }
    self.seed = seed
  }

  /// The same link with faults.
  package func with(
    loss: Double = 0, retransmission: Duration? = nil, partitions: [Range<Duration>] = [], seed: UInt64 = 1
  ) -> LinkProfile {
    LinkProfile(
      latency: latency, bitsPerSecond: bitsPerSecond, loss: loss, retransmission: retransmission,
      partitions: partitions, seed: seed)
  }

  /// One machine room: 0.25 ms round trip, 10 Gbit/s.
  package static let lan = LinkProfile(latency: .microseconds(125), bitsPerSecond: 10_000_000_000)
  /// Between cities: 40 ms round trip, 100 Mbit/s.
  package static let wan = LinkProfile(latency: .milliseconds(20), bitsPerSecond: 100_000_000)

  /// How long `bytes` occupy the link; exact to an attosecond, rounded down.
  package func transmission(ofBytes bytes: Int) -> Duration {
    Duration.seconds(1) * bytes * 8 / bitsPerSecond
  }

  /// The extra delay of one message, drawn from `random`.
  func lossDelay(ofBytes bytes: Int, random: inout InsecureSplitMix) -> Duration {
    guard loss > 0 else { return .zero }
    let step = retransmission ?? latency * 2
    var packets = max(1, Double((bytes + Self.packetBytes - 1) / Self.packetBytes))
    var delay = Duration.zero
    // With loss < 1 this ends with probability 1; the bound keeps an extreme setting from running for ever.
    for _ in 0..<1000 {
      guard random.nextUnit() < 1 - pow(1 - loss, packets) else { break }
      delay += step
      packets = max(1, (packets * loss).rounded())
    }
    return delay
  }

  /// When a transfer that is ready at `ready` and takes `transmission` on the wire starts.
  func start(ready: Duration, transmission: Duration) -> Duration {
    var start = ready
    for window in partitions where start < window.upperBound && start + transmission + latency > window.lowerBound
    {
      start = window.upperBound
    }
    return start
  }
}

extension InsecureSplitMix {
  /// Uniform in 0 ..< 1, 53 bits.
  mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
