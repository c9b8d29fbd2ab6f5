import java.io.InputStream;
import java.util.concurrent.locks.LockSupport;

/** Does once what each of the virtual machine's marks tells of. */
public class Marks {
    static final Object lock = new Object();

    static class Base { static int fails = 1 / (Marks.zero()); }
    static class Derived extends Base { static int x = 1; }
    static class Early { static int x = 7; }
    static class Slow { static int x = slowly(); }

    static int zero() { return 0; }

    static int slowly() {
        pause(200);
        return 1;
    }

    static int add(int a, int b) { return a + b; }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }

    static void attempt(Runnable work) {
        try {
            work.run();
        } catch (Throwable expected) {
            // What cannot be initialized.
        }
    }

    /** Loads Forgotten by itself, so that the class can be unloaded when it is. */
    static class OwnLoader extends ClassLoader {
        OwnLoader() { super(null); }

        Class<?> load() throws Exception {
            try (InputStream in = Marks.class.getResourceAsStream("Marks$Forgotten.class")) {
                byte[] bytes = in.readAllBytes();
                return defineClass("Marks$Forgotten", bytes, 0, bytes.length);
            }
        }
    }

    public static class Forgotten {
        public static int sum() {
            int sum = 0;
            for (int i = 0; i < 3; i++) sum = plus(sum, i);
            return sum;
        }

        static int plus(int a, int b) { return a + b; }
    }

    static void useAndForget() throws Exception {
        var sum = new OwnLoader().load().getMethod("sum");
        for (int i = 0; i < 3000; i++) sum.invoke(null);
    }

    public static void main(String[] arguments) throws Exception {
        int sum = Early.x;
        for (int i = 0; i < 1000; i++) sum = add(sum, i);
        attempt(() -> System.out.println(Derived.x));
        attempt(() -> System.out.println(Derived.x));
        Thread slow = new Thread(() -> System.out.println(Slow.x), "slow");
        slow.start();
        pause(50);
        sum += Slow.x;
        slow.join();
        Thread second = new Thread(() -> { synchronized (lock) { lock.notify(); lock.notifyAll(); } }, "second");
        Thread contender = new Thread(() -> { synchronized (lock) { zero(); } }, "contender");
        synchronized (lock) {
            second.start();
            lock.wait(5000);
            contender.start();
            pause(200);
        }
        second.join();
        contender.join();
        Thread.yield();
        LockSupport.unpark(Thread.currentThread());
        LockSupport.parkNanos(1000);
        useAndForget();
        System.gc();
        System.gc();
        System.out.println(sum);
    }
}
