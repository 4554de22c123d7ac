/** A kind of results, with a mean that is known. */
export interface Results {
  readonly name: string;
  readonly next: () => number;
}

/** Returns results of many shapes whose mean is exactly `floor`. */
export function resultsAtFloor(random: () => number, floor: number): Results[] {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const student3 = () => normal() / Math.sqrt((normal() ** 2 + normal() ** 2 + normal() ** 2) / 3);
  const rare = (share: number, other: number) => {
    // The mean is zero: the rare result pays for all others.
    const large = (-other * (1 - share)) / share;
    return () => floor + (random() < share ? large : other);
  };
  return [
    { name: "normal, deviation 10", next: () => floor + 10 * normal() },
    { name: "Student t3, scale 10", next: () => floor + 10 * student3() },
    { name: "exponential, to the right", next: () => floor + 20 * (-Math.log(1 - random()) - 1) },
    { name: "Pareto 2.5, to the right", next: () => floor + 20 * ((1 - random()) ** (-1 / 2.5) - 5 / 3) },
    { name: "rare large losses, 1 in 20", next: rare(0.05, 5) },
    { name: "lottery: one gain in 20", next: rare(0.05, -5) },
    { name: "lottery: one gain in 100", next: rare(0.01, -5) },
  ];
}
