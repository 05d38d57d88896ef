/// Messages by flight, and the logical clocks that they set forward.
extension CostModel {
  /// Messages of one flight: all are sent before any is received. There is one at a time.
  struct Flight {
    var depths: [(to: Int, depth: Int)] = []
    /// By link; and the links that are in use.
    var bytes: [Int]
    var links: [Int] = []
    init(principals: Int) { bytes = Array(repeating: 0, count: principals * principals) }
  }

  mutating func send(_ bytes: Int, from: Int, to: Int) {
    guard from != to else { return }
    cost.bytes[from][to] += bytes
    ledger.send(bytes, from: from, to: to)
    let link = from * shape.principals + to
    if flight.bytes[link] == 0 { flight.links.append(link) }
    flight.bytes[link] += bytes
    cost.largestFlightBytes = max(cost.largestFlightBytes, flight.bytes[link])
    let depth = clocks[from] + 1
    largestDepth = max(largestDepth, depth)
    flight.depths.append((to, depth))
  }
  /// - Parameters:
  ///   - holder: of an input, among the principals.
  ///   - recipient: of an opening.
  mutating func send(
    _ messages: [Traffic.Message], _ size: ExchangeSize, holder: Int = 0, recipient: Int = 0
  ) {
    for message in messages {
      send(
        message.bytes(size),
        from: message.from.principal(parties: descriptor.parties, holder: holder, recipient: recipient),
        to: message.to.principal(parties: descriptor.parties, recipient: recipient))
    }
  }
  /// Exchanges of which flights are still to come.
  package struct FurtherFlights {
    fileprivate var list: [(traffic: Traffic, size: ExchangeSize, payers: CostLedger.Payers)] = []
    fileprivate var received = 0
    var isDone: Bool { list.isEmpty }
  }

  /// The first flight of an operation.
  mutating func send(_ kind: ExchangeKind, _ size: ExchangeSize, _ further: inout FurtherFlights) {
    let traffic = descriptor.traffic(of: kind)
    guard let first = traffic.flights.first else { return }
    send(first, size)
    if traffic.flights.count > 1 { further.list.append((traffic, size, ledger.payers)) }
  }

  /// What is sent of the next flight once one has been received.
  mutating func sendNext(_ further: inout FurtherFlights) {
    guard !further.isDone else { return }
    further.received += 1
    further.list.removeAll { $0.traffic.flights.count <= further.received }
    guard !further.isDone else {
      further.received = 0
      return
    }
    let before = ledger.payers
    defer { ledger.payers = before }
    for exchange in further.list {
      ledger.payers = exchange.payers
      send(exchange.traffic.flights[further.received], exchange.size)
    }
  }

  /// Takes exchanges whose first flight has been sent through all their flights.
  mutating func finish(_ further: inout FurtherFlights) {
    repeat {
      sendProofs()
      receive()
      sendNext(&further)
      endFlight()
    } while !further.isDone
  }

  /// All that has been sent.
  mutating func receive() {
    for (to, depth) in flight.depths { clocks[to] = max(clocks[to], depth) }
    for link in flight.links { flight.bytes[link] = 0 }
    flight.depths.removeAll(keepingCapacity: true)
    flight.links.removeAll(keepingCapacity: true)
    ledger.endFlight(rounds: largestDepth - chargedDepth)
    chargedDepth = largestDepth
  }
}
