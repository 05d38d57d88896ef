package import ParleyBase
package import ParleyEngine

/// Terms of (x_0 + x_1 + x_2 + x_3) · (y_0 + y_1 + y_2 + y_3) that have been assigned together.
///
/// Who knows them computes u, their sum, and shares it anew: it sends u − Σ F_c to every receiver c, where F_c is a stream
/// under K_c. The message is summand `missing` of u, for the one party without it neither knows nor receives u; F_c is summand c
/// of it. Of the message's receivers, c does not know F_c.
struct FourPartyTask {
  /// Who knows all terms; the first one sends.
  let workers: [Int]
  /// The party that gets nothing.
  let missing: Int
  /// Sums of summands of x times sums of summands of y.
  let terms: [(x: [Int], y: [Int])]

  var sender: Int { workers[0] }
  var receivers: [Int] { (0..<4).filter { $0 != missing && !workers.contains($0) } }

  /// Each of the 16 terms once: what has no 0 in it, what has no 1, and the other two, which two parties know.
  static let all = [
    FourPartyTask(workers: [0], missing: 3, terms: [([1, 2, 3], [1, 2, 3])]),
    FourPartyTask(workers: [1], missing: 2, terms: [([0], [0, 2, 3]), ([2, 3], [0])]),
    FourPartyTask(workers: [2, 3], missing: 0, terms: [([0], [1]), ([1], [0])]),
  ]
}

extension FourPartyEngine {
  /// An exchange under way.
  package enum Pending {
    case done(ExchangeResult<Arith, Plane>)
    /// `isOne`: all results are elements of one vector.
    case words(Results<Word>, isOne: Bool)
    case planes(Results<Bool>)
  }
  /// What is known of the summands of results before the messages arrive: by summand, then by result.
  package struct Results<R: FourPartyRing> {
    var summands: [[[R]]]
    let count: Int
    let step: StepID

    mutating func add(_ vectors: [[R]], to summand: Int) {
      for index in vectors.indices {
        summands[summand][index] = zip(summands[summand][index], vectors[index]).map(R.plus)
      }
    }
  }

  package func start(_ exchange: Exchange<Arith, Plane>, step: StepID) throws(ParleyError) -> Pending {
    switch exchange {
    case .multiply(let pairs, let count):
      .words(try startProducts(pairs.map { [$0] }, count: count, step), isOne: false)
    case .productSums(let lists, let count): .words(try startProducts(lists, count: count, step), isOne: false)
    case .innerProducts(let lists): .words(try startInnerProducts(lists, step), isOne: false)
    case .matrixProduct(let a, let b, let rows, let inner, let columns):
      try startMatrix(
        (0..<rows).map { row in picked(a, (0..<inner).map { row * inner + $0 }) },
        (0..<columns).map { column in picked(b, (0..<inner).map { $0 * columns + column }) }, step)
    case .columnProduct(let left, let right): try startMatrix(left, right, step)
    case .and(let pairs, let count): .planes(try startProducts(pairs.map { [$0] }, count: count, step))
    case .summands(let a, let width):
      .done(
        .summandPlanes(
          (0..<4).map { number in
            (0..<width).map { bit in part(number, a) { $0 >> bit & 1 == 1 } }
          }))
    case .shiftedSummands(let a, let bits): .done(.arith((0..<4).map { number in part(number, a) { $0 >> bits } }))
    case .bitSummands(let planes):
      .done(.summandArith(planes.map { plane in (0..<4).map { number in part(number, plane) { $0 ? 1 : 0 } } }))
    case .shufflePass: throw ParleyError(.invariant, "four-party sharing does not shuffle")
    }
  }

  /// A summand, or what follows from it alone, as a value: it is its own summand of that number, and the others are zero.
  private func part<A, B: FourPartyRing>(
    _ number: Int, _ a: FourPartyVector<A>, _ transform: (A) -> B
  ) -> FourPartyVector<B> {
    vector(a.count) { summand in a.summands[summand].map { summand == number ? transform($0) : .zero } }
  }

  /// For each list Σ of the elementwise products of its pairs.
  private func startProducts<R>(
    _ lists: [[(FourPartyVector<R>, FourPartyVector<R>)]], count: Int, _ step: StepID
  ) throws(ParleyError) -> Results<R> {
    try start(lists, results: count, step) { pairs in
      (0..<count).map { index in
        pairs.reduce(.zero) {
          .plus($0, .times($1.0[$1.0.count == 1 ? 0 : index], $1.1[$1.1.count == 1 ? 0 : index]))
        }
      }
    }
  }
  /// For each list Σ of all elements of the products of its pairs.
  private func startInnerProducts(
    _ lists: [[(Arith, Arith)]], _ step: StepID
  ) throws(ParleyError) -> Results<Word> {
    try start(lists, results: 1, step) { pairs in
      [
        pairs.reduce(0) { total, pair in
          let (a, b) = pair
          return (0..<(a.count == 1 ? b.count : a.count)).reduce(total) {
            $0 &+ a[a.count == 1 ? 0 : $1] &* b[b.count == 1 ? 0 : $1]
          }
        }
      ]
    }
  }
  /// All inner products of left vectors with right ones.
  private func startMatrix(_ left: [Arith], _ right: [Arith], _ step: StepID) throws(ParleyError) -> Pending {
    .words(try startInnerProducts(left.flatMap { a in right.map { [(a, $0)] } }, step), isOne: true)
  }

  /// - Parameters:
  ///   - results: elements of each result.
  ///   - product: in the clear, and linear in all left factors as in all right ones.
  private func start<R>(
    _ lists: [[(FourPartyVector<R>, FourPartyVector<R>)]], results count: Int, _ step: StepID,
    _ product: ([([R], [R])]) -> [R]
  ) throws(ParleyError) -> Results<R> {
    let zeros = Array(repeating: Array(repeating: R.zero, count: count), count: lists.count)
    var results = Results(summands: Array(repeating: zeros, count: 4), count: count, step: step)
    for (number, task) in FourPartyTask.all.enumerated() {
      // Bits 13 to 15 of a sub-step are the engine's.
      let stream = step.sub(number << 13 | step.sub)
      var own = Results(summands: [zeros], count: count, step: step)
      for term in task.terms where task.workers.contains(party) {
        own.add(lists.map { list in product(list.map { ($0.total(term.x), $1.total(term.y)) }) }, to: 0)
      }
      for c in task.receivers {
        guard let mask: [[R]] = try mask(productKeys, c, lists.count, count: count, stream) else { continue }
        results.add(mask, to: c)
        own.add(mask.map { $0.map { .minus(.zero, $0) } }, to: 0)
      }
      guard task.workers.contains(party) else { continue }
      results.add(own.summands[0], to: task.missing)
      for receiver in task.receivers where task.sender == party {
        try R.send(own.summands[0], count: count, over: mesh, to: PartyIndex(receiver), step: step)
      }
    }
    return results
  }

  package func finish(_ pending: consuming Pending) throws(ParleyError) -> ExchangeResult<Arith, Plane> {
    switch pending {
    case .done(let result): return result
    case .planes(let results): return .planes(try finish(results))
    case .words(let results, let isOne):
      let vectors = try finish(results)
      return .arith(isOne ? [stack(vectors)] : vectors)
    }
  }
  private func finish<R>(_ pending: Results<R>) throws(ParleyError) -> [FourPartyVector<R>] {
    var results = pending
    let size = results.summands[0].count
    for task in FourPartyTask.all where task.receivers.contains(party) {
      let vectors = try R.receive(
        size, count: results.count, over: mesh, from: PartyIndex(task.sender), step: results.step)
      results.add(vectors, to: task.missing)
    }
    return (0..<size).map { index in vector(results.count) { results.summands[$0][index] } }
  }
}
